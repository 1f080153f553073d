WITH RECURSIVE draw (instrument_id, a) AS (
  SELECT 1, 16180339
  UNION ALL
  SELECT instrument_id + 1, (a * 48271) % 2147483647 FROM draw WHERE instrument_id < 120
)
SELECT instrument_id,
       printf('%s%03d', CASE WHEN instrument_id % 10 < 6 THEN 'EQ' WHEN instrument_id % 10 < 9 THEN 'BD' ELSE 'FX' END, instrument_id) AS symbol,
       CASE WHEN instrument_id % 10 < 6 THEN 'equity' WHEN instrument_id % 10 < 9 THEN 'bond' ELSE 'currency' END AS asset_class,
       CASE a % 5 WHEN 0 THEN 'USD' WHEN 1 THEN 'GBP' WHEN 2 THEN 'CHF' ELSE 'EUR' END AS currency,
       'issuer-' || (1 + (a / 5) % 35) AS issuer
FROM draw
