WITH exposure AS (
  SELECT counterparty, sum(max(value, 0)) AS exposure, count(DISTINCT desk) AS desks
  FROM {{ ref('position_values') }}
  GROUP BY counterparty
)
SELECT counterparty,
       desks,
       round(exposure, 2) AS exposure,
       round(100 * exposure / sum(exposure) OVER (), 2) AS percent_of_all
FROM exposure
ORDER BY exposure DESC
