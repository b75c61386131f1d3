-- echostream:functions cb7c3f5c1a087178373c39ccd0dda8d321f0aeaed69b7f52a27ba5744dabff5d
-- migrate:up

-- Adds es_feed_event and the feeds of users: rows of channel_heads and channel_events under
-- the id of the user, without a row in channels.

-- migrate:down

-- Older programs do not read these rows. A later migrate continues their numbers.
