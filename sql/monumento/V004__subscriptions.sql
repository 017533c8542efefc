-- What users pay for, as Stripe tells it.
-- Depends on users and set_updated_at().

-- Mend: last_event_at is new. Stripe delivers events late, twice and out of order,
-- and only the time of the event can tell an old one from a new one.
CREATE TABLE monumento.subscriptions (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    stripe_subscription_id varchar(255),
    tier text NOT NULL,
    status text NOT NULL,
    current_period_start timestamptz NOT NULL,
    current_period_end timestamptz NOT NULL,
    last_event_at timestamptz DEFAULT date_trunc('second', now()) NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT subscriptions_pkey PRIMARY KEY (id),
    CONSTRAINT subscriptions_stripe_subscription_id_key
        UNIQUE (stripe_subscription_id),
    CONSTRAINT subscriptions_user_id_fkey FOREIGN KEY (user_id)
        REFERENCES monumento.users (id) ON DELETE CASCADE,
    CONSTRAINT subscriptions_tier_check CHECK (
        tier IN ('express', 'deep-dive', 'legacy')
    ),
    CONSTRAINT subscriptions_status_check CHECK (
        status IN ('active', 'canceled', 'past_due')
    ),
    CONSTRAINT subscriptions_current_period_check CHECK (
        current_period_end >= current_period_start
    )
);

-- A user's subscriptions, the one that lasts longest first; and the foreign key.
CREATE INDEX subscriptions_user_id_current_period_end_idx
    ON monumento.subscriptions (user_id, current_period_end DESC, id DESC);

-- Those about to expire and those past due, in the order in which they are read.
CREATE INDEX subscriptions_status_current_period_end_idx
    ON monumento.subscriptions (status, current_period_end, id);

CREATE TRIGGER subscriptions_set_updated_at
    BEFORE UPDATE ON monumento.subscriptions
    FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION monumento.set_updated_at();

COMMENT ON TABLE monumento.subscriptions IS
    'Paid plans of the users, in the state that Stripe last reported.';
COMMENT ON COLUMN monumento.subscriptions.stripe_subscription_id IS
    'The subscription at Stripe; NULL for one granted by hand.';
COMMENT ON COLUMN monumento.subscriptions.current_period_start IS
    'Start of the period that is paid for.';
COMMENT ON COLUMN monumento.subscriptions.current_period_end IS
    'End of the period that is paid for.';
COMMENT ON COLUMN monumento.subscriptions.last_event_at IS
    'Time of the newest event applied; older events are ignored. Whole seconds, as '
    'Stripe counts.';
COMMENT ON COLUMN monumento.subscriptions.updated_at IS
    'Time of the last change, kept by a trigger.';
