SELECT count(*) AS orders FROM {{ ref('remote_orders') }}
