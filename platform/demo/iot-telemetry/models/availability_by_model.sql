WITH period AS (
  SELECT count(DISTINCT hour) * 4 AS expected FROM {{ ref('hourly_readings') }}
),
device AS (
  SELECT device_id, sum(readings) AS readings FROM {{ ref('hourly_readings') }} GROUP BY device_id
)
SELECT model,
       firmware,
       count(*) AS devices,
       round(100.0 * sum(readings) / (count(*) * expected), 2) AS percent_arrived,
       coalesce(sum(gaps), 0) AS gaps
FROM device
JOIN period
JOIN {{ ref('stg_devices') }} USING (device_id)
LEFT JOIN (SELECT device_id, count(*) AS gaps FROM {{ ref('reading_gaps') }} GROUP BY device_id) USING (device_id)
GROUP BY model, firmware
ORDER BY percent_arrived
