WITH site_hour AS (
  SELECT site_id, hour, avg(celsius) AS celsius, avg(humidity_percent) AS humidity_percent
  FROM {{ ref('hourly_readings') }}
  GROUP BY site_id, hour
)
SELECT site,
       kind,
       substr(hour, 1, 10) AS day,
       round(avg(celsius), 2) AS celsius,
       round(avg(humidity_percent), 1) AS humidity_percent,
       sum(celsius NOT BETWEEN lowest_celsius AND highest_celsius) AS hours_outside
FROM site_hour
JOIN {{ ref('stg_sites') }} USING (site_id)
GROUP BY site, day
ORDER BY site, day
