WITH edge AS (
  SELECT device_id,
         max(battery_millivolts) AS first_millivolts,
         min(battery_millivolts) AS last_millivolts,
         julianday(max(taken_at)) - julianday(min(taken_at)) AS days
  FROM {{ ref('stg_readings') }}
  GROUP BY device_id
)
SELECT device_id,
       last_millivolts,
       round((first_millivolts - last_millivolts) / days, 2) AS millivolts_a_day
FROM edge
WHERE days > 0
