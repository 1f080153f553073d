WITH exposure AS (
  SELECT desk, sum(abs(value)) AS exposure FROM {{ ref('position_values') }} GROUP BY desk
),
used AS (
  SELECT desk, 'value at risk' AS measure, risk.value_at_risk AS amount, limits.value_at_risk AS accepted
  FROM {{ ref('value_at_risk') }} AS risk
  JOIN {{ source('limits') }} AS limits USING (desk)
  UNION ALL
  SELECT desk, 'exposure', exposure.exposure, limits.exposure
  FROM exposure
  JOIN {{ source('limits') }} AS limits USING (desk)
)
SELECT desk, measure, round(amount, 2) AS amount, accepted, round(100 * amount / accepted, 1) AS percent_used
FROM used
WHERE amount > accepted
ORDER BY percent_used DESC
