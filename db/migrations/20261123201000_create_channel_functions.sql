-- echostream:was 4bf4d4deeecb6a89cbbd9840c2efb6ec9d408d9b9f38a17e866a9efb12f6aef6
-- migrate:up

-- Created es_channel_lock, es_event and es_read: db/functions.

-- migrate:down
