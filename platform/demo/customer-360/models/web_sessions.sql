SELECT session_id,
       customer_id,
       device,
       min(occurred_on) AS visited_on,
       count(*) AS steps,
       max(funnel_step) AS furthest_step
FROM {{ ref('stg_events') }}
GROUP BY session_id, customer_id, device
