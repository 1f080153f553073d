WITH issuer AS (
  SELECT desk, issuer, sum(abs(value)) AS value
  FROM {{ ref('position_values') }}
  GROUP BY desk, issuer
),
share AS (
  SELECT desk, issuer, 100 * value / sum(value) OVER (PARTITION BY desk) AS percent
  FROM issuer
)
SELECT desk,
       count(*) AS issuers,
       round(max(percent), 2) AS largest_percent,
       round(sum(percent * percent), 0) AS herfindahl_index
FROM share
GROUP BY desk
ORDER BY herfindahl_index DESC
