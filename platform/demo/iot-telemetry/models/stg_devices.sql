SELECT device_id,
       site_id,
       model,
       firmware,
       CAST(substr(firmware, 1, instr(firmware, '.') - 1) AS INTEGER) AS firmware_major,
       installed_on
FROM {{ source('devices') }}
