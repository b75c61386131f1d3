-- echostream:was 0c7ccbab8c077c444cbce6223d2d974bb3413755bd3cc49b6ca9b7417757ad82
-- migrate:up

-- Changed es_hand_on (db/functions): it locks the heir's row in `users`. Before, a user who was
-- deactivated at the same time became the only owner of the channel.

-- migrate:down
