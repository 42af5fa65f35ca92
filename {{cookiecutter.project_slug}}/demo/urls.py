"""The demo's addresses."""

from django.urls import path

from demo import views

urlpatterns = [
    path("", views.home, name="home"),
    path("live/", views.live, name="demo-live"),
    path("register-a-customer/", views.register, name="demo-register"),
    path("place-an-order/", views.order, name="demo-order"),
    path("order-twice/", views.order_twice, name="demo-order-twice"),
]
