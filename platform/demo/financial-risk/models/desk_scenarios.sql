WITH holding AS (
  SELECT desk, instrument_id, sum(value) AS value
  FROM {{ ref('position_values') }}
  GROUP BY desk, instrument_id
)
SELECT desk, traded_on, round(sum(value * return), 2) AS profit
FROM holding
JOIN {{ ref('daily_returns') }} USING (instrument_id)
GROUP BY desk, traded_on
