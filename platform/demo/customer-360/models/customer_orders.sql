SELECT customer_id,
       count(*) AS orders,
       sum(is_revenue) AS completed_orders,
       sum(is_returned) AS returned_orders,
       sum(CASE WHEN is_revenue THEN value_cents ELSE 0 END) AS revenue_cents,
       min(ordered_on) AS first_order_on,
       max(ordered_on) AS last_order_on
FROM {{ ref('order_totals') }}
GROUP BY customer_id
