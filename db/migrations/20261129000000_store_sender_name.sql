-- echostream:was b104104e6bfde2fee19183f1ff054c0faf25594ce29b9b9b3d153f5cd380c5ce
-- migrate:up

-- senderDisplayName is the sender's name when the message was committed, so the message stores
-- it. Rows from before keep NULL and show the sender's name of today: the database does not
-- know the name of that time, and an update of all rows would take long.
ALTER TABLE messages ADD COLUMN sender_name text;

-- migrate:down

ALTER TABLE messages DROP COLUMN sender_name;
