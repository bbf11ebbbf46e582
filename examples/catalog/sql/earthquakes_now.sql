-- The earthquakes that USGS lists today: not deleted, not below the minimum magnitude, and of one that came under
-- several ids the newest only.
WITH others AS (
  SELECT unnest(CAST(ids AS VARCHAR[])) AS other, id, updated FROM earthquakes
)
SELECT * FROM earthquakes AS quake
WHERE listed
  AND NOT EXISTS (
    SELECT 1 FROM others
    WHERE others.other = quake.id AND others.id <> quake.id AND others.updated > quake.updated
  )
