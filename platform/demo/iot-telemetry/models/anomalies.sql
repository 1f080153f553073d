WITH compared AS (
  SELECT device_id, site_id, hour, celsius,
         (sum(celsius) OVER site_hour - celsius) / (count(celsius) OVER site_hour - 1) AS others_celsius
  FROM {{ ref('hourly_readings') }}
  WHERE celsius IS NOT NULL
  WINDOW site_hour AS (PARTITION BY site_id, hour)
)
SELECT site, device_id, hour, celsius, round(others_celsius, 2) AS others_celsius
FROM compared
JOIN {{ ref('stg_sites') }} USING (site_id)
WHERE abs(celsius - others_celsius) > 3
ORDER BY hour, device_id
