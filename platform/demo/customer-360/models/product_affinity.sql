WITH basket AS (
  SELECT DISTINCT order_id, product FROM {{ ref('stg_order_items') }}
),
popularity AS (
  SELECT product, count(*) AS orders FROM basket GROUP BY product
)
SELECT one.product AS product,
       two.product AS bought_with,
       count(*) AS orders_together,
       count(*) * 100 / min(p1.orders, p2.orders) AS percent_of_rarer
FROM basket AS one
JOIN basket AS two ON two.order_id = one.order_id AND two.product > one.product
JOIN popularity AS p1 ON p1.product = one.product
JOIN popularity AS p2 ON p2.product = two.product
GROUP BY one.product, two.product
HAVING count(*) >= 20
ORDER BY orders_together DESC, one.product, two.product
