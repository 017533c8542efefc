-- Books, found by whose they are.

-- name: books_by_author_ids(author_ids, since, until)
-- Returns the books of authors, oldest first.
-- @row AuthorsBook
-- @group_by author_id
-- @order_by oldest: author_id, year, isbn
-- @order_by newest: author_id, year DESC, isbn DESC
SELECT author_id, isbn, title, year
FROM shelf.books
WHERE author_id = ANY(:author_ids)
    AND year >= :since  -- @optional
    AND year <= :until  -- @optional
ORDER BY author_id, year, isbn;

-- name: first_books_by_author_ids(author_ids, limit)
-- Returns the first books of each author.
-- @row AuthorsBook
-- @group_by author_id
SELECT author_id, book.isbn, book.title, book.year
FROM unnest(:author_ids::bigint[]) AS wanted (author_id)
CROSS JOIN LATERAL (
    SELECT isbn, title, year FROM shelf.books AS book
    WHERE book.author_id = wanted.author_id
    ORDER BY year, isbn
    LIMIT :limit
) AS book
ORDER BY author_id, book.year, book.isbn;

-- name: books_by_genre_and_year()
-- Returns all books, by two columns of which one can be NULL.
-- @group_by genre, year
SELECT isbn, author_id, genre, title, year, tags, document, place
FROM shelf.books
ORDER BY isbn;

-- name: books_by_isbns(isbns)
-- Returns books by their number.
-- @key_by isbn
SELECT isbn, title, document FROM shelf.books WHERE isbn = ANY(:isbns::text[]);

-- name: authors_with_biography()
-- Returns authors, each once, by two columns.
-- @key_by author_id, name
SELECT author.id AS author_id, author.name, biography.body
FROM shelf.authors AS author
LEFT JOIN shelf.biographies AS biography ON biography.author_id = author.id;

-- name: counts_by_author()
-- Returns how many books authors have written, as a class that others share.
-- @key_by author_id
SELECT author_id, count(*) AS books FROM shelf.books GROUP BY author_id;
