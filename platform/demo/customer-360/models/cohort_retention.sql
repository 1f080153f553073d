WITH customer AS (
  SELECT customer_id,
         substr(signed_up_on, 1, 4) || '-Q' || ((substr(signed_up_on, 6, 2) + 2) / 3) AS cohort,
         substr(signed_up_on, 1, 4) * 4 + (substr(signed_up_on, 6, 2) + 2) / 3 AS quarter
  FROM {{ ref('stg_customers') }}
),
bought AS (
  SELECT DISTINCT customer_id,
         substr(ordered_on, 1, 4) * 4 + (substr(ordered_on, 6, 2) + 2) / 3 AS quarter
  FROM {{ ref('order_totals') }}
  WHERE is_revenue
),
size AS (
  SELECT cohort, count(*) AS cohort_size FROM customer GROUP BY cohort
)
SELECT cohort,
       cohort_size,
       bought.quarter - customer.quarter AS quarters_since,
       count(*) AS buyers,
       count(*) * 100 / cohort_size AS retention_percent
FROM customer
JOIN bought USING (customer_id)
JOIN size USING (cohort)
GROUP BY cohort, quarters_since
ORDER BY cohort, quarters_since
