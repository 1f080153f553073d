select c.customer_id, c.customer_name, c.city, count(o.order_id) as orders, sum(o.amount) as lifetime_value
from {{ ref('named_customers') }} c left join {{ ref('stg_orders') }} o using (customer_id)
group by 1, 2, 3
