WITH last_price AS (
  SELECT instrument_id, price
  FROM {{ ref('stg_prices') }}
  WHERE traded_on = (SELECT max(traded_on) FROM {{ ref('stg_prices') }})
)
SELECT desk, instrument_id, counterparty, issuer, asset_class, quantity, round(quantity * price, 2) AS value
FROM {{ ref('stg_positions') }}
JOIN {{ ref('stg_instruments') }} USING (instrument_id)
JOIN last_price USING (instrument_id)
