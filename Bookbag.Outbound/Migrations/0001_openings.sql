CREATE SCHEMA IF NOT EXISTS outbound;

-- The ledger of the messaging limit: who was written to outside an open customer service window, and when. Meta tells the limit
-- but not what is used of it; this table is the only truth. A customer counts once in the moving 24 hours however often he is here.
CREATE TABLE outbound.openings (
    portfolio  text        NOT NULL,            -- Meta's business portfolio id; 'number:<phone number id>' while Graph has not told it
    customer   text        NOT NULL CHECK (customer ~ '^[pu]:.+'), -- 'p:<digits>' for a phone number, 'u:<BSUID>' for a user id
    opened_at  timestamptz NOT NULL,
    source     text        NOT NULL CHECK (source IN ('campaign', 'single')),
    PRIMARY KEY (portfolio, opened_at, customer)
);
