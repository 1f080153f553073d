-- 520 trading days of 120 instruments. Each price follows a random walk of its own and one that is common to all.
WITH RECURSIVE
  walk (instrument_id, n, traded_on, a, market, price) AS (
    SELECT instrument_id, 0, '2025-01-02', 7 + instrument_id * 7919, 424243,
           CASE asset_class WHEN 'equity' THEN 20.0 + instrument_id WHEN 'bond' THEN 98.0 ELSE 1.1 END
    FROM {{ source('instruments') }}
    UNION ALL
    SELECT instrument_id, n + 1,
           date(traded_on, CASE strftime('%w', traded_on) WHEN '5' THEN '3 days' ELSE '1 day' END),
           (a * 48271) % 2147483647,
           (market * 39373) % 2147483647,
           price * (1 + CASE WHEN instrument_id % 10 < 6 THEN 1.0 WHEN instrument_id % 10 < 9 THEN 0.2 ELSE 0.35 END
                        * ((a % 2001 - 1000) / 60000.0 + (market % 2001 - 996) / 110000.0))
    FROM walk
    WHERE n < 519
  )
SELECT instrument_id, traded_on, round(price, 4) AS close
FROM walk
ORDER BY traded_on, instrument_id
