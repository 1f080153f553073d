-- A repeated message has another number and the same content.
SELECT min(message_id) AS message_id,
       device_id,
       taken_at,
       substr(taken_at, 1, 13) || ':00' AS hour,
       CASE WHEN celsius BETWEEN -60 AND 85 THEN celsius END AS celsius,
       humidity_percent,
       battery_millivolts
FROM {{ source('readings') }}
GROUP BY device_id, taken_at
