SELECT month,
       count(*) AS orders,
       count(DISTINCT customer_id) AS customers,
       sum(CASE WHEN is_revenue THEN value_cents ELSE 0 END) AS revenue_cents,
       sum(CASE WHEN is_returned THEN value_cents ELSE 0 END) AS returned_cents,
       sum(CASE WHEN is_revenue THEN value_cents ELSE 0 END) / max(sum(is_revenue), 1)
         AS average_order_cents
FROM {{ ref('order_totals') }}
GROUP BY month
ORDER BY month
