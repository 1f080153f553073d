SELECT device,
       count(*) AS visits,
       sum(furthest_step >= 2) AS saw_a_product,
       sum(furthest_step >= 3) AS filled_a_cart,
       sum(furthest_step >= 4) AS went_to_checkout,
       sum(furthest_step >= 5) AS bought,
       sum(furthest_step >= 5) * 10000 / count(*) AS conversion_per_10000
FROM {{ ref('web_sessions') }}
GROUP BY device
ORDER BY device
