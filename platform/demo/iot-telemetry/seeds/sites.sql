-- Eight cold stores and four greenhouses.
WITH RECURSIVE number (n) AS (
  SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 12
)
SELECT n AS site_id,
       CASE WHEN n <= 8 THEN 'cold-store-' || n ELSE 'greenhouse-' || (n - 8) END AS site,
       CASE WHEN n <= 8 THEN 'cold store' ELSE 'greenhouse' END AS kind,
       CASE WHEN n <= 3 THEN -20.0 WHEN n <= 8 THEN 4.0 ELSE 22.0 END AS target_celsius,
       CASE WHEN n <= 8 THEN 2.5 ELSE 5.0 END AS tolerance_kelvin
FROM number
