WITH ranked AS (
  SELECT desk, profit,
         row_number() OVER (PARTITION BY desk ORDER BY profit) AS position,
         count(*) OVER (PARTITION BY desk) AS days
  FROM {{ ref('desk_scenarios') }}
)
SELECT desk,
       max(days) AS days,
       round(-max(CASE WHEN position <= 1 + days / 100 THEN profit END), 2) AS value_at_risk,
       round(-avg(CASE WHEN position <= 1 + days / 100 THEN profit END), 2) AS expected_shortfall
FROM ranked
GROUP BY desk
ORDER BY desk
