-- Four readings an hour for 21 days: about 120,000. One in 40 is lost, and one in 100 is sent twice.
WITH RECURSIVE
  slot (n) AS (
    SELECT 0 UNION ALL SELECT n + 1 FROM slot WHERE n < 21 * 96 - 1
  ),
  mixed AS (
    SELECT device_id, site_id, n,
           ((device_id * 7919 + n * 104729) * 48271) % 2147483647 AS a,
           ((device_id * 15485863 + n * 32452843) * 39373) % 2147483647 AS b
    FROM slot, {{ source('devices') }}
  ),
  measured AS (
    SELECT device_id, n, a, b,
           strftime('%Y-%m-%dT%H:%M:%SZ', '2026-03-02', (n * 15) || ' minutes') AS taken_at,
           CASE
             WHEN a % 4001 = 0 THEN 999.9                                            -- a broken measurement
             -- A door that was left open for three hours.
             WHEN site_id = 5 AND n BETWEEN 700 AND 712 THEN target_celsius + 6.5 + (a % 100) / 100.0
             -- One sensor beside the fan.
             WHEN device_id = 17 THEN target_celsius + 4.2 + (b % 120) / 100.0
             ELSE target_celsius + (a % 300 - 150) / 100.0 + (n % 96 - 48) * (n % 96 - 48) / -2304.0
           END AS celsius,
           CASE WHEN kind = 'greenhouse' THEN 70 ELSE 45 END + (b % 900) / 100.0 AS humidity,
           3600 - n * (device_id % 7) / 24 - b % 9 AS battery
    FROM mixed
    JOIN {{ source('sites') }} USING (site_id)
  ),
  sent AS (
    SELECT * FROM measured
    WHERE b % 40 > 0
      -- A gateway that was off for most of a day.
      AND NOT (device_id BETWEEN 41 AND 45 AND n BETWEEN 1000 AND 1070)
    UNION ALL
    SELECT * FROM measured WHERE b % 100 = 7
  )
SELECT row_number() OVER (ORDER BY n, device_id) AS message_id,
       device_id,
       taken_at,
       round(celsius, 2) AS celsius,
       CASE WHEN a % 50 > 0 THEN round(humidity, 1) END AS humidity_percent,
       battery AS battery_millivolts
FROM sent
ORDER BY message_id
