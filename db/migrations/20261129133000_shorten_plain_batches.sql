-- echostream:functions c16132c18d25f1bd9c01b88c0b35db2329df83e86923ca9ee3a9b25a8e22fd8e
-- migrate:up

-- migrate:down
