-- The schema, its shared updated_at trigger function, and the people who record.
-- Depends on nothing.

CREATE SCHEMA IF NOT EXISTS monumento;

-- Mends: deleted accounts keep their email, so that restoring one can never fail;
-- 'free' is what an account without a subscription has, the other three tiers are
-- those that subscriptions sell.
CREATE TABLE monumento.users (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    email varchar(255) NOT NULL,
    password_hash varchar(255) NOT NULL,
    full_name varchar(255),
    avatar_url text,
    subscription_tier text DEFAULT 'free' NOT NULL,
    stripe_customer_id varchar(255),
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_stripe_customer_id_key UNIQUE (stripe_customer_id),
    CONSTRAINT users_subscription_tier_check CHECK (
        subscription_tier IN ('free', 'express', 'deep-dive', 'legacy')
    )
);

CREATE UNIQUE INDEX users_email_key
    ON monumento.users (lower(email));

CREATE INDEX users_created_at_idx
    ON monumento.users (created_at DESC, id DESC)
    WHERE deleted_at IS NULL;

CREATE INDEX users_subscription_tier_created_at_idx
    ON monumento.users (subscription_tier, created_at DESC, id DESC)
    WHERE deleted_at IS NULL;

CREATE FUNCTION monumento.set_updated_at()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    NEW.updated_at = now();
    RETURN NEW;
END;
$$;

-- An update that changes nothing must not look like news to caches and readers.
CREATE TRIGGER users_set_updated_at
    BEFORE UPDATE ON monumento.users
    FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION monumento.set_updated_at();

COMMENT ON SCHEMA monumento IS
    'Recorded life-story sessions.';
COMMENT ON TABLE monumento.users IS
    'People who record their life stories.';
COMMENT ON COLUMN monumento.users.email IS
    'Unique whatever its case, deleted accounts included.';
COMMENT ON COLUMN monumento.users.password_hash IS
    'Salted hash made by the application, never the password.';
COMMENT ON COLUMN monumento.users.subscription_tier IS
    'What the account may use now: free, or the tier of a paid subscription.';
COMMENT ON COLUMN monumento.users.stripe_customer_id IS
    'The customer at Stripe; NULL until the first payment.';
COMMENT ON COLUMN monumento.users.updated_at IS
    'Time of the last change, kept by a trigger.';
COMMENT ON COLUMN monumento.users.deleted_at IS
    'Time of the soft deletion; NULL while the account is live.';
COMMENT ON FUNCTION monumento.set_updated_at() IS
    'Sets updated_at to the time of the transaction that changes the row.';
