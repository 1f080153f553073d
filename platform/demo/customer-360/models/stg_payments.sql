SELECT payment_id,
       order_id,
       attempt,
       method,
       amount_cents,
       paid_on,
       status = 'succeeded' AS is_paid,
       status = 'refunded' AS is_refunded,
       status = 'failed' AS is_failed
FROM {{ source('payments') }}
