-- echostream:was 4bf7492755bf829a6fd651e761fd3070543b5a9ad42cbc1f36f499ddfdcb5c44
-- migrate:up

-- Created es_hand_on: db/functions.

-- migrate:down
