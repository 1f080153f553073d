WITH following AS (
  SELECT device_id,
         taken_at,
         lead(taken_at) OVER (PARTITION BY device_id ORDER BY taken_at) AS next_at
  FROM {{ ref('stg_readings') }}
)
SELECT device_id,
       taken_at AS last_at,
       next_at,
       CAST(round((julianday(next_at) - julianday(taken_at)) * 1440) AS INTEGER) AS minutes
FROM following
WHERE (julianday(next_at) - julianday(taken_at)) * 1440 > 59
ORDER BY minutes DESC, device_id
