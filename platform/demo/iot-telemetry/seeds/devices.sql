-- Five sensors in each site.
WITH RECURSIVE draw (device_id, a) AS (
  SELECT 1, 19450815
  UNION ALL
  SELECT device_id + 1, (a * 48271) % 2147483647 FROM draw WHERE device_id < 60
)
SELECT device_id,
       1 + (device_id - 1) / 5 AS site_id,
       CASE a % 3 WHEN 0 THEN 'TH-100' WHEN 1 THEN 'TH-200' ELSE 'Frost 3' END AS model,
       CASE (a / 3) % 4 WHEN 0 THEN '1.8.2' WHEN 1 THEN '2.0.0' ELSE '2.1.4' END AS firmware,
       date('2024-01-15', ((a / 12) % 400) || ' days') AS installed_on
FROM draw
