-- A thousand orders of the year 2026.
WITH RECURSIVE draw (order_id, a) AS (
  SELECT 1, 20260101
  UNION ALL
  SELECT order_id + 1, (a * 48271) % 2147483647 FROM draw WHERE order_id < 1000
)
SELECT order_id,
       date('2026-01-01', (a % 365) || ' days') AS ordered_on,
       CASE a % 3 WHEN 0 THEN 'tea' WHEN 1 THEN 'coffee' ELSE 'cocoa' END AS product,
       250 + (a / 365) % 900 AS cents
FROM draw
