-- echostream:functions c60a1debcd5a0814fecfd57f4f14aecca8a276d6b65dcc3c1b602503e2cbdadc
-- migrate:up

-- migrate:down
