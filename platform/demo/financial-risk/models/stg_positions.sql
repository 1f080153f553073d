SELECT desk, instrument_id, counterparty, quantity
FROM {{ source('positions') }}
WHERE quantity <> 0
