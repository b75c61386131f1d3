-- echostream:was 3974e1a18b43d96cc7cee08916dee9258738342cd21ff291f1e6f047c45249f6
-- migrate:up

-- Created a second es_subjects (db/functions) with the parameter p_user: a caller that knows the
-- user asks for its id. The function with four parameters is for programs before this migration.

-- migrate:down
