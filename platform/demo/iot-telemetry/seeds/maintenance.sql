-- One visit in five changes a battery.
WITH RECURSIVE draw (n, a) AS (
  SELECT 1, 27182818
  UNION ALL
  SELECT n + 1, (a * 69621) % 2147483647 FROM draw WHERE n < 90
)
SELECT 1 + a % 60 AS device_id,
       date('2026-01-05', ((a / 60) % 70) || ' days') AS performed_on,
       CASE a % 5 WHEN 0 THEN 'battery' WHEN 1 THEN 'calibration' WHEN 2 THEN 'cleaning' ELSE 'inspection' END AS action
FROM draw
ORDER BY performed_on, device_id
