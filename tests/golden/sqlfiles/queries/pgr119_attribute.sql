-- name: attribute(user)
SELECT :user.id;

-- name: good(user)
SELECT (:user).id;
