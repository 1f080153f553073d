SELECT ordered_on, count(*) AS orders, sum(cents) AS cents
FROM {{ ref('stg_orders') }}
GROUP BY ordered_on
ORDER BY ordered_on
