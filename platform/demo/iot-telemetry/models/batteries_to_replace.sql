-- A sensor stops at 3,000 millivolts.
WITH replaced AS (
  SELECT device_id, max(performed_on) AS replaced_on
  FROM {{ ref('stg_maintenance') }}
  WHERE is_battery
  GROUP BY device_id
)
SELECT site,
       device_id,
       last_millivolts,
       millivolts_a_day,
       CAST((last_millivolts - 3000) / millivolts_a_day AS INTEGER) AS days_left,
       replaced_on
FROM {{ ref('battery_drain') }}
JOIN {{ ref('stg_devices') }} USING (device_id)
JOIN {{ ref('stg_sites') }} USING (site_id)
LEFT JOIN replaced USING (device_id)
WHERE millivolts_a_day > 0 AND (last_millivolts - 3000) / millivolts_a_day < 30
ORDER BY days_left, device_id
