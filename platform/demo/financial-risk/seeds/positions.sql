WITH RECURSIVE
  draw (n, a) AS (
    SELECT 1, 57721566
    UNION ALL
    SELECT n + 1, (a * 69621) % 2147483647 FROM draw WHERE n < 640
  ),
  drawn AS (
    SELECT CASE a % 8 WHEN 0 THEN 'rates' WHEN 1 THEN 'rates' WHEN 2 THEN 'currencies' WHEN 3 THEN 'convertibles' ELSE 'equities' END AS desk,
           1 + (a / 8) % 120 AS instrument_id,
           'counterparty-' || (1 + (a / 960) % 14) AS counterparty,
           ((a / 13440) % 9000 - 2400) AS quantity
    FROM draw
  )
SELECT desk, instrument_id, counterparty, sum(quantity) AS quantity
FROM drawn
GROUP BY desk, instrument_id, counterparty
ORDER BY desk, instrument_id, counterparty
