-- echostream:was 9f650cfc88fe89bb45eda4047280be2c92c48bc9ba0cde7b37d541206f946f3b
-- migrate:up

-- Changed both es_subjects (db/functions): the subject of a token may be one of our ids in upper
-- case, as Swift and .NET print them. Before, a key that provisions users would have created a
-- second user for the id.

-- migrate:down
