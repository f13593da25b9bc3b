-- Only a database that gateways share has to say which gateways there are; a SQLite file has one.

CREATE TABLE gateways (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    models TEXT COLLATE "C" NOT NULL,
    seen_at BIGINT NOT NULL
);

CREATE TABLE gateway_identity (
    only_row BIGINT NOT NULL PRIMARY KEY CHECK (only_row = 1),
    id TEXT COLLATE "C" NOT NULL
);
