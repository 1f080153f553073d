SELECT instrument_id, traded_on, price / price_before - 1 AS return
FROM {{ ref('stg_prices') }}
WHERE price_before IS NOT NULL
