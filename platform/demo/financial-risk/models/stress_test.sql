WITH scenario (scenario, equity, bond, currency) AS (
  VALUES ('shares fall by a quarter', -0.25, 0.02, 0.0),
         ('interest rises by a point', -0.05, -0.07, 0.01),
         ('the euro gains a tenth', -0.02, 0.0, -0.1)
)
SELECT scenario,
       desk,
       round(sum(value * CASE asset_class WHEN 'equity' THEN equity WHEN 'bond' THEN bond ELSE currency END), 2) AS profit
FROM {{ ref('position_values') }}, scenario
GROUP BY scenario, desk
ORDER BY scenario, desk
