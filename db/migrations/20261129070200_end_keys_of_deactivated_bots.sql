-- echostream:was 52265db424a1eec92ff8dbfb6363a63fcb0a0bbec5314d3b81a1f4e53a96dc28
-- migrate:up

-- Changed es_api_key (db/functions): the user of a key whose bot is deactivated is the bot, so
-- that the programs refuse the key.

-- migrate:down
