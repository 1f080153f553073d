SELECT method,
       count(*) AS attempts,
       sum(is_failed) AS failed,
       sum(is_refunded) AS refunded,
       sum(CASE WHEN is_paid THEN amount_cents ELSE 0 END) AS paid_cents,
       sum(is_failed) * 10000 / count(*) AS failed_per_10000,
       sum(CASE WHEN is_paid THEN amount_cents ELSE 0 END) * 10000
         / sum(sum(CASE WHEN is_paid THEN amount_cents ELSE 0 END)) OVER () AS paid_share_per_10000
FROM {{ ref('stg_payments') }}
GROUP BY method
ORDER BY method
