-- An address may have been registered with a user name, a query or a fragment, which are none of it and may hold a
-- secret. Answers repeat the address. Calls never used them: the sealed access has the address of its own.
UPDATE "cluster"
SET "server" = regexp_replace(regexp_replace("server", '[?#].*$', ''), '^(https://)[^/]*@', '\1')
WHERE "server" ~ '[?#]' OR "server" ~ '^https://[^/]*@';
