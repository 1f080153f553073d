SELECT device_id,
       site_id,
       hour,
       count(*) AS readings,
       round(avg(celsius), 2) AS celsius,
       min(celsius) AS lowest_celsius,
       max(celsius) AS highest_celsius,
       round(avg(humidity_percent), 1) AS humidity_percent,
       min(battery_millivolts) AS battery_millivolts
FROM {{ ref('stg_readings') }}
JOIN {{ ref('stg_devices') }} USING (device_id)
GROUP BY device_id, hour
